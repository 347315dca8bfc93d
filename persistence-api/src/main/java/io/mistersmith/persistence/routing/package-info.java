/** The routing of each type of data to its stores. */
@NullMarked
package io.mistersmith.persistence.routing;

import org.jspecify.annotations.NullMarked;
