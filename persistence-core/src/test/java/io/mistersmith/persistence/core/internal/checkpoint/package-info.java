/** Tests of what checkpoints are kept. */
@NullMarked
package io.mistersmith.persistence.core.internal.checkpoint;

import org.jspecify.annotations.NullMarked;
