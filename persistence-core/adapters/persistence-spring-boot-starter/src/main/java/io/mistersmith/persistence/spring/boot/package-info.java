/**
 * Opens the library in a Spring Boot application, of the lines 3.5 and 4.1: properties, connection
 * details, health, metrics, observations and the application's Jackson mapper.
 */
@NullMarked
package io.mistersmith.persistence.spring.boot;

import org.jspecify.annotations.NullMarked;
