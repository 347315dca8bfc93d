/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.error;

import org.jspecify.annotations.NullMarked;
