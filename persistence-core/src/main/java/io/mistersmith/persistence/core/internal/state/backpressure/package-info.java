/** Slows writes down when too much waits for PostgreSQL. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.backpressure;

import org.jspecify.annotations.NullMarked;
