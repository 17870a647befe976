package dev.gatehouse.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The tables of tunnel.md 6.2 and client.md 10.
class DomainPatternTest {
    @ParameterizedTest
    @CsvSource({
        "app.example.com, app.example.com",
        "*.example.com, a.example.com",
        "*.example.com, example.com",
        "**.example.com, example.com",
        "**.example.com, a.b.c.example.com",
        "?.example.com, x.example.com",
        "us-*-1.example.com, us-east-1.example.com",
        "db.corp.test, DB.corp.test",
        "DB.corp.test, db.CORP.test.",
        "a?.corp.test, ab.corp.test",
        "web.*.corp.test, web.eu.corp.test",
        "w.**.x.**.test, w.x.test",
        "w.**.x.**.test, w.a.x.b.c.test",
        "app.*com, app.xcom",
        "*-*-*.test, a-b-c-d.test",
        "**, anything.at.all"
    })
    void matches(String pattern, String domain) {
        assertThat(pattern(pattern).matches(domain)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "app.example.com, x.app.example.com",
        "*.example.com, a.b.example.com",
        "?.example.com, ab.example.com",
        "?.example.com, example.com",
        "us-*-1.example.com, us-a.b-1.example.com",
        "db.corp.test, x.db.corp.test",
        "**.corp.test, corp.test.org",
        "a?.corp.test, a.corp.test",
        "a?.corp.test, abc.corp.test",
        "web.*.corp.test, web.a.b.corp.test",
        "web.*.corp.test, web.corp.test",
        "app.*com, app.x.com",
        "*, a.b",
        "**.corp.test, ''",
        "**.corp.test, ."
    })
    void doesNotMatch(String pattern, String domain) {
        assertThat(pattern(pattern).matches(domain)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "a..b", ".a"})
    void brokenPatternsAreRefused(String text) {
        assertThat(DomainPattern.parse(text)).isEqualTo(Optional.empty());
    }

    @Test
    void moreSpecificPatternsComeFirst() {
        var expected =
                List.of(
                        pattern("foo.corp.test"),
                        pattern("?.corp.test"),
                        pattern("*.corp.test"),
                        pattern("**.corp.test"),
                        pattern("*rp.test"),
                        pattern("*.test"));
        for (int seed = 0; seed < 20; seed++) {
            var shuffled = new ArrayList<>(expected);
            Collections.shuffle(shuffled, new Random(seed));

            Collections.sort(shuffled);

            assertThat(shuffled).isEqualTo(expected);
        }
    }

    @Test
    void longerPatternLosesToItsSuffixAndLiteralsGoDownFromTheHighestCode() {
        assertThat(pattern("corp.test")).isLessThan(pattern("a.corp.test"));
        assertThat(pattern("b.test")).isLessThan(pattern("a.test"));
        assertThat(pattern("A.test")).isEqualByComparingTo(pattern("a.TEST."));
    }

    private static DomainPattern pattern(String text) {
        return DomainPattern.parse(text).orElseThrow();
    }
}
