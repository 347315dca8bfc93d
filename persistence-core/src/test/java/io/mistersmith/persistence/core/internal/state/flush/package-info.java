/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.flush;

import org.jspecify.annotations.NullMarked;
