/** Copies of agents' states: made, read, put back, and removed. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.checkpoint;

import org.jspecify.annotations.NullMarked;
