/** Tests of the slowing down of writes. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.backpressure;

import org.jspecify.annotations.NullMarked;
