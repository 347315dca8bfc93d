/** Tests of what checkpoints are kept. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.checkpoint;

import org.jspecify.annotations.NullMarked;
