/** Which layer answers for which type of data (seed section 1.2). */
@NullMarked
package io.mistersmith.persistence.routing;

import org.jspecify.annotations.NullMarked;
