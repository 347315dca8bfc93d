/** What the starter configures for Spring AI. */
@NullMarked
package io.mistersmith.persistence.spring.boot;

import org.jspecify.annotations.NullMarked;
