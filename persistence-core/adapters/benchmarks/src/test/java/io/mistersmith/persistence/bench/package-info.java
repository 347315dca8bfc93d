/**
 * What the adapters of agent frameworks cost, and whether two processes that write one conversation
 * lose anything. Both sides of a figure take turns in one JVM, on the same servers.
 */
@NullMarked
package io.mistersmith.persistence.bench;

import org.jspecify.annotations.NullMarked;
