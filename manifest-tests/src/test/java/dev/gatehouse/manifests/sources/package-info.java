/// What manifests speak of, read from the checkout: files, images, the options of processes.
package dev.gatehouse.manifests.sources;
