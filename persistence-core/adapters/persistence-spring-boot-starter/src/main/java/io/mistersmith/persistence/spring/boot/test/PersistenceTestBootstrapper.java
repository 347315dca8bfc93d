package io.mistersmith.persistence.spring.boot.test;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.test.context.SpringBootTestContextBootstrapper;
import org.springframework.test.context.TestContextAnnotationUtils;

/** Gives the context the properties of {@link PersistenceTest}. */
final class PersistenceTestBootstrapper extends SpringBootTestContextBootstrapper {

  @Override
  protected String @Nullable [] getProperties(Class<?> testClass) {
    PersistenceTest test =
        TestContextAnnotationUtils.findMergedAnnotation(testClass, PersistenceTest.class);
    return test == null ? null : test.properties();
  }
}
