package io.mistersmith.persistence.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.core.CorePersistenceProvider;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles.Kind;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.javapoet.ClassName;

class NativeImageTest {
  private static final String DATA_PORT =
      "io.mistersmith.persistence.core.internal.store.nats.GuardedDataPort";

  private final RuntimeHints hints = new RuntimeHints();

  @BeforeEach
  void registerHints() {
    new PersistenceRuntimeHints().registerHints(hints, getClass().getClassLoader());
  }

  @Test
  void keepsWhatTheMetadataOfTheJarsNames() throws ClassNotFoundException {
    assertKept(BackupManifest.class, MemberCategory.INVOKE_DECLARED_CONSTRUCTORS);
    assertKept(AgentStore.class, MemberCategory.INVOKE_PUBLIC_METHODS);
    assertKept(Class.forName(DATA_PORT), MemberCategory.INVOKE_DECLARED_CONSTRUCTORS);
    assertThat(RuntimeHintsPredicates.proxies().forInterfaces(AgentStore.class)).accepts(hints);
  }

  private void assertKept(Class<?> type, MemberCategory members) {
    assertThat(RuntimeHintsPredicates.reflection().onType(type).withMemberCategory(members))
        .accepts(hints);
  }

  @Test
  void keepsTheEngineAndTheScripts() {
    assertThat(RuntimeHintsPredicates.reflection().onType(CorePersistenceProvider.class))
        .accepts(hints);
    for (String resource :
        new String[] {
          "META-INF/services/io.mistersmith.persistence.PersistenceProvider",
          "io/mistersmith/persistence/db/sets.txt",
          "io/mistersmith/persistence/db/core/V1.1.0__agents_registry.sql"
        }) {
      assertThat(getClass().getClassLoader().getResource(resource)).isNotNull();
      assertThat(RuntimeHintsPredicates.resource().forResource(resource)).accepts(hints);
    }
  }

  @Test
  void theContextCanBeProcessedAheadOfTime() {
    InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
    DefaultGenerationContext generation =
        new DefaultGenerationContext(
            new ClassNameGenerator(ClassName.get("ahead", "Context")), files);
    try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
      context.register(
          PersistenceAutoConfiguration.class, PersistenceJacksonAutoConfiguration.class);
      context.registerBean(InMemoryStores.class);
      new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
    }
    generation.writeGeneratedContent();
    assertThat(files.getGeneratedFiles(Kind.SOURCE).keySet())
        .anyMatch(file -> file.contains("RuntimeConfiguration__BeanDefinitions"));
    assertThat(
            RuntimeHintsPredicates.resource().forResource("io/mistersmith/persistence/db/sets.txt"))
        .accepts(generation.getRuntimeHints());
  }
}
