/** Tests of the lifecycle. */
@NullMarked
package io.mistersmith.persistence.lifecycle;

import org.jspecify.annotations.NullMarked;
