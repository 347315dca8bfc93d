/** Copies of agents' states, to go back to. */
@NullMarked
package io.mistersmith.persistence.checkpoint;

import org.jspecify.annotations.NullMarked;
