/** An application as a user has one. */
@NullMarked
package io.mistersmith.persistence.spring.boot.sample;

import org.jspecify.annotations.NullMarked;
