/** Streams: publishers, consumers and their dead letters. */
@NullMarked
package io.mistersmith.persistence.core.internal.stream;

import org.jspecify.annotations.NullMarked;
