/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.core.internal.flush;

import org.jspecify.annotations.NullMarked;
