/** Failures: transient or not is a type, {@code DataError} is the code; it imports nothing. */
@NullMarked
package io.mistersmith.persistence.error;

import org.jspecify.annotations.NullMarked;
