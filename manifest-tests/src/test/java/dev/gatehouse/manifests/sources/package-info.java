/// What manifests speak of, read from the checkout: files, images, the options of processes, the
/// ports they open. Knows no manifest. Begin at [Images].
package dev.gatehouse.manifests.sources;
