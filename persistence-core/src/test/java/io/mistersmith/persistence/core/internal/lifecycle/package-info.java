/** Tests of the lifecycle. */
@NullMarked
package io.mistersmith.persistence.core.internal.lifecycle;

import org.jspecify.annotations.NullMarked;
