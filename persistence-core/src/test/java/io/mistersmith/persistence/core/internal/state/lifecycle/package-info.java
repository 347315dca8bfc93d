/** Tests of the lifecycle. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.lifecycle;

import org.jspecify.annotations.NullMarked;
