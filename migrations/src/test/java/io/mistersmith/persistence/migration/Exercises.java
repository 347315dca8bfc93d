package io.mistersmith.persistence.migration;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Which functions ({@code schema.function}), views ({@code schema.view}) and triggers ({@code
 * schema.table trigger}) a test calls and asserts the result of. {@link CoreConstraintsIT} fails
 * where one has no such test.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Exercises {
  String[] value();
}
