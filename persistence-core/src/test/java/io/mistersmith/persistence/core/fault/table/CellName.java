package io.mistersmith.persistence.core.fault.table;

import java.lang.reflect.Method;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of cells: {@code Class.method}, or {@code Class.method[arguments]}. */
final class CellName {

  /** The number that JUnit puts in front of the arguments. */
  private static final Pattern INDEX = Pattern.compile("^\\[\\d+] ");

  private CellName() {}

  static String of(Class<?> type, Method method) {
    return ofClass(type.getName()) + "." + method.getName();
  }

  static String of(String method, String invocation) {
    return method + "[" + INDEX.matcher(invocation).replaceFirst("") + "]";
  }

  static String ofClass(String name) {
    return name.substring(name.lastIndexOf('.') + 1).replace('$', '.');
  }

  /** Returns whether the name begins with a match. */
  static boolean isSelected(Pattern cells, String name) {
    return cells.matcher(name).lookingAt();
  }

  /** Returns whether the method, or an invocation of it with arguments, may be selected. */
  static boolean mayBeSelected(Pattern cells, String method) {
    Matcher matcher = cells.matcher(method + "[");
    return matcher.lookingAt() || matcher.hitEnd();
  }
}
