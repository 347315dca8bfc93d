/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.core.internal.routing;

import org.jspecify.annotations.NullMarked;
