/** Tests of a Spring Boot application over the test kit's in-memory stores. */
@NullMarked
package io.mistersmith.persistence.spring.boot.test;

import org.jspecify.annotations.NullMarked;
