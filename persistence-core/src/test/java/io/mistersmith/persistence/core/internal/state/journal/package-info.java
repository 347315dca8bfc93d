/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.journal;

import org.jspecify.annotations.NullMarked;
