/// The engine, the images that it builds, and one container of them. Knows no test. Begin at
/// [Engine], then [Box].
package dev.gatehouse.containers.engine;
