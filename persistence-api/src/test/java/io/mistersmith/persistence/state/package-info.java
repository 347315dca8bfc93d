/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.state;

import org.jspecify.annotations.NullMarked;
