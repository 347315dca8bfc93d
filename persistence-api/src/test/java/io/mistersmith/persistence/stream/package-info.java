/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.stream;

import org.jspecify.annotations.NullMarked;
