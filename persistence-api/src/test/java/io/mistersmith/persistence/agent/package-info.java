/** Tests of the lifecycle. */
@NullMarked
package io.mistersmith.persistence.agent;

import org.jspecify.annotations.NullMarked;
