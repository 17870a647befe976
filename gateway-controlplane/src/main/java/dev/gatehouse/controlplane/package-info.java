/// The control plane process: portal channel, token, and what a new data plane needs to resume.
package dev.gatehouse.controlplane;
