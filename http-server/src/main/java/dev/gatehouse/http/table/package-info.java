/// Pure: which connections may stay.
package dev.gatehouse.http.table;
