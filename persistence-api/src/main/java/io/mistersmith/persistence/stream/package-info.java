/** Streams of messages, their consumers, and the handlers that process what they deliver. */
@NullMarked
package io.mistersmith.persistence.stream;

import org.jspecify.annotations.NullMarked;
