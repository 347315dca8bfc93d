/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.conflict;

import org.jspecify.annotations.NullMarked;
