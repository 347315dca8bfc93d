package io.mistersmith.persistence.migration.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatementSplitterTest {
  /** Statements each of which is one, whatever surrounds it. */
  private static final List<String> STATEMENTS =
      List.of(
          "SELECT 1",
          "SELECT 'a;b', 'it''s; so', 'back\\'",
          "SELECT E'a\\';b', e'\\\\', E'\\''",
          "SELECT E'a'\n  -- between\n  '\\';b'",
          "SELECT 'a' 'b\\'",
          "SELECT U&'d\\0061t;a', U&\"d\\0061;ta\", u&'!0061' UESCAPE '!'",
          "SELECT B'01', X'1F', N'n;'",
          "SELECT $$a;b'\"$$, $t$ $$;$u$ $t$, $t1$;$t1$",
          "SELECT a$$b, a$x$ FROM c",
          "SELECT $1, 1.5e-3, .5, 1e10, a[1:2]",
          "SELECT \"a;\"\"b\", \"--\", \"/*\"",
          "SELECT 2*/* a; /* nested; */ b; */3",
          "SELECT 1 - -1, 5 -- ; a comment's quote\n + 1",
          "CREATE RULE r AS ON INSERT TO s.t DO ALSO (SELECT 1; SELECT (2); )",
          "CREATE FUNCTION s.f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1;"
              + " SELECT CASE WHEN a > 1 THEN CASE a WHEN 2 THEN 3 END ELSE 4 END; END",
          "CREATE OR REPLACE PROCEDURE s.p() BEGIN ATOMIC INSERT INTO s.t VALUES (CASE WHEN true"
              + " THEN 1 END); DELETE FROM s.t; END",
          "CREATE FUNCTION s.f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END; $$",
          "DO $do$ BEGIN PERFORM 1; EXECUTE $q$ SELECT 1; $q$; END $do$",
          "BEGIN",
          "COMMIT",
          "SELECT 1 AS begin, 'x'::text, a := 1",
          "SELECT \u00fcmlaut$$, '\u00a0;'");

  private static final List<String> BETWEEN =
      List.of("", " ", "\n", "\n\n-- a; comment's\n", "/* ; /* \n ; */ ' */", "\t-- $$\r\n");

  @RepeatedTest(200)
  void findsEachStatementOfAScriptAndKeepsEveryCharacter(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    List<String> expected = new ArrayList<>();
    List<Integer> lines = new ArrayList<>();
    StringBuilder script = new StringBuilder();
    int count = 1 + random.nextInt(8);
    for (int i = 0; i < count; i++) {
      script.append(pick(BETWEEN, random));
      String statement = pick(STATEMENTS, random);
      lines.add(1 + (int) script.chars().filter(c -> c == '\n').count());
      expected.add(statement);
      script.append(statement).append(pick(BETWEEN, random));
      if (i < count - 1 || random.nextBoolean()) {
        script.append(random.nextInt(10) == 0 ? "; ;" : ";");
      }
    }
    script.append(pick(BETWEEN, random));

    List<SqlStatement> found = StatementSplitter.split("f.sql", script.toString());

    assertThat(found).extracting(SqlStatement::sql).containsExactlyElementsOf(expected);
    assertThat(found).extracting(SqlStatement::line).containsExactlyElementsOf(lines);
    assertThat(found.stream().map(SqlStatement::piece).reduce("", String::concat))
        .isEqualTo(script.toString());
  }

  private static String pick(List<String> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  \n", "-- only a comment", "/* a; */ ; ;"})
  void findsNothingWhereNothingIs(String script) {
    assertThat(StatementSplitter.split("f.sql", script)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          2 | never ends            | `SELECT 1;\nSELECT 'a;\nSELECT 2;`
          2 | never ends            | `SELECT 1;\nSELECT E'a\\';\nSELECT 2;`
          3 | name in double quotes | `SELECT 1;\n\nSELECT "a;`
          2 | comments nest         | `SELECT 1;\n/* a /* b */ SELECT 2;`
          2 | $body$                | `SELECT 1;\nDO $body$ BEGIN END $bodY$;`
          2 | never closed          | `SELECT 1;\nSELECT (1;\nSELECT 2;`
          2 | none opened           | `SELECT 1;\nSELECT 1);`
          2 | BEGIN ATOMIC          | `SELECT 1;\nCREATE FUNCTION f() BEGIN ATOMIC SELECT 1;`
          2 | psql                  | `SELECT 1;\n\\i other.sql\nSELECT 2;`
          1 | psql                  | `SELECT 1 \\g`
          2 | COPY                  | `SELECT 1;\nCOPY a.b FROM STDIN;\n1\t2`
          """)
  void saysWhereAScriptCannotBeRead(int line, String reason, String script) {
    assertThatExceptionOfType(ScriptSyntaxException.class)
        .isThrownBy(() -> StatementSplitter.split("V1.0.0__a.sql", script))
        .withMessageStartingWith("V1.0.0__a.sql:" + line + ": ")
        .withMessageContaining(reason)
        .satisfies(e -> assertThat(e.line()).isEqualTo(line));
  }

  @Test
  void tokensKnowTheirNamesAndContents() {
    List<Token> tokens =
        Tokenizer.tokens("f", "Foo \"B\"\"ar\" 'it''s' $a$x$a$ U&\"d\\0061\" E'\\n' 1.5", 7);
    assertThat(tokens)
        .extracting(Token::name)
        .startsWith("foo", "B\"ar")
        .contains("d\\0061", "1.5");
    assertThat(tokens).extracting(Token::content).contains("it's", "x", "\\n");
    assertThat(tokens).extracting(Token::line).containsOnly(7);
  }
}
