package io.mistersmith.persistence.spring.boot.test;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.TypeExcludeFilter;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.type.classreading.MetadataReader;
import org.springframework.core.type.classreading.MetadataReaderFactory;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.MergedContextConfiguration;
import org.springframework.test.context.TestContextAnnotationUtils;

/**
 * Leaves scanned components out of the context of a {@link PersistenceTest}. Spring Boot has an
 * annotation for that, which is in another package in each line.
 */
final class ScannedComponentsExclusion implements ContextCustomizerFactory {

  /** Called by Spring, by its name in {@code spring.factories}. */
  ScannedComponentsExclusion() {}

  @Override
  public @Nullable ContextCustomizer createContextCustomizer(
      Class<?> testClass, List<ContextConfigurationAttributes> configAttributes) {
    return TestContextAnnotationUtils.hasAnnotation(testClass, PersistenceTest.class)
        ? new Customizer()
        : null;
  }

  /** Equal to each other one, so that test classes share a context. */
  private record Customizer() implements ContextCustomizer {

    @Override
    public void customizeContext(
        ConfigurableApplicationContext context, MergedContextConfiguration mergedConfig) {
      context
          .getBeanFactory()
          .registerSingleton(ScannedComponentsExclusion.class.getName(), new All());
    }
  }

  private static final class All extends TypeExcludeFilter {

    @Override
    public boolean match(MetadataReader reader, MetadataReaderFactory factory) {
      return true;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof All;
    }

    @Override
    public int hashCode() {
      return All.class.hashCode();
    }
  }
}
