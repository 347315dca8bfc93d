/**
 * The soak: several runtimes mix all operations while processes are killed and frozen at random,
 * and every promise that they were given is kept in a ledger and checked. {@link
 * io.mistersmith.persistence.core.soak.Soak} is the program; an operation is a class of its own
 * that stands in {@link io.mistersmith.persistence.core.soak.Operations}.
 */
@NullMarked
package io.mistersmith.persistence.core.soak;

import org.jspecify.annotations.NullMarked;
