/** An application with Spring AI that is killed in the middle of tool calls, and continues. */
@NullMarked
package io.mistersmith.persistence.spring.sample;

import org.jspecify.annotations.NullMarked;
