/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.tier;

import org.jspecify.annotations.NullMarked;
