/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.core.internal.codec;

import org.jspecify.annotations.NullMarked;
