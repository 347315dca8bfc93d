/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.routing;

import org.jspecify.annotations.NullMarked;
