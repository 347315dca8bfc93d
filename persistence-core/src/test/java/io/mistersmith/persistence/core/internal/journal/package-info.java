/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.core.internal.journal;

import org.jspecify.annotations.NullMarked;
