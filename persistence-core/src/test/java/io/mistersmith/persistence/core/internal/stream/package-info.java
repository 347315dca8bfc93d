/** Tests of the consumers of streams. */
@NullMarked
package io.mistersmith.persistence.core.internal.stream;

import org.jspecify.annotations.NullMarked;
