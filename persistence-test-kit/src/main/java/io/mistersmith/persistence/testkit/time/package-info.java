/** A clock that a test moves. */
@NullMarked
package io.mistersmith.persistence.testkit.time;

import org.jspecify.annotations.NullMarked;
