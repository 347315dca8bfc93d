/** What the tests need of this line of Spring Boot. */
@NullMarked
package io.mistersmith.persistence.spring.boot;

import org.jspecify.annotations.NullMarked;
