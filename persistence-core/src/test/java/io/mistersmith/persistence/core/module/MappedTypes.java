package io.mistersmith.persistence.core.module;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The types of the library that Jackson maps by reflection: those that sources name, and parts. */
final class MappedTypes {

  static final Path SOURCES = Path.of("src", "main", "java");

  private static final Pattern MAPPED = Pattern.compile("Json\\.mapping\\((\\w+)\\.class\\)");

  /** Serializers of the library write and read them as text. */
  private static final Set<Class<?>> TEXTS = Set.of(AgentId.class, Revision.class);

  private MappedTypes() {}

  static Set<Class<?>> find() throws IOException {
    Set<Class<?>> found = new TreeSet<>(Comparator.comparing(Class::getName));
    for (Path file : sources()) {
      String source = Files.readString(file);
      List<String> names =
          MAPPED
              .matcher(source)
              .results()
              .map((MatchResult match) -> match.group(1))
              .filter(name -> !name.equals("Object"))
              .toList();
      for (String name : names) {
        add(named(name, file, source), found);
      }
    }
    return found;
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }

  /** Returns the class that a source means by the name: an import, or one of its own package. */
  private static Class<?> named(String name, Path file, String source) {
    Matcher imported = Pattern.compile("import ([\\w.]+\\." + name + ");").matcher(source);
    Matcher own = Pattern.compile("package ([\\w.]+);").matcher(source);
    assertThat(own.find()).as("package of %s", file).isTrue();
    try {
      return Class.forName(imported.find() ? imported.group(1) : own.group(1) + "." + name);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(file + " maps " + name, e);
    }
  }

  private static void add(Type type, Set<Class<?>> found) {
    if (type instanceof ParameterizedType generic) {
      add(generic.getRawType(), found);
      for (Type argument : generic.getActualTypeArguments()) {
        add(argument, found);
      }
    } else if (type instanceof Class<?> one && isOwn(one) && found.add(one) && one.isRecord()) {
      for (RecordComponent component : one.getRecordComponents()) {
        add(component.getGenericType(), found);
      }
    }
  }

  private static boolean isOwn(Class<?> type) {
    return type.getName().startsWith("io.mistersmith.") && !TEXTS.contains(type);
  }
}
