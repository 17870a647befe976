/// HTTP listeners that strangers can reach, and their limits.
package dev.gatehouse.http;
