/// The portal's messages, turned into commands of the loop and back. The one place of Vert.x.
package dev.gatehouse.client.portal;
