/// Which connections may stay when there are more than places. Pure: knows prefixes and times, no
/// socket. Begin at [ConnectionTable].
package dev.gatehouse.http.table;
