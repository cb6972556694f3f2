#!/usr/bin/env python3
"""S3Source against services that are elsewhere, wrong, late or odd."""

import os
import re
import unittest

import _hosts as hosts
import _servers as servers

KEY, SECRET = "AKIAQUARRY", "quarrysecret"


class Script(unittest.TestCase):
    def serve(self, kind=hosts.S3, count=250, **options):
        self.objects = {f"p/{i:03}.jpg": os.urandom(100 + i) for i in range(count)}
        service = kind(self.objects, **options)
        self.addCleanup(service.close)
        return service

    def read(self, service, uri="s3://pool/p/", environment=None, path="", **options):
        return servers.probe(
            "s3", uri,
            {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
             "AWS_ENDPOINT_URL": service.url + path, "AWS_REGION": "us-east-1",
             "HOME": "/nonexistent", **(environment or {})},
            **{"retries": 0, "backoff": 0.01, "hedge": 0, **options})

    def assert_all(self, got):
        self.assertEqual([s.get("sha256", s) for s in got["samples"]],
                         [servers.sha256(b) for b in self.objects.values()])

    def regions(self, service):
        return [re.search(r"\d/([^/]+)/s3/", r["headers"]["authorization"])[1]
                for r in service.requests]

    def test_a_bucket_in_another_region_costs_one_request(self):
        service = self.serve(region="eu-central-1")
        self.assert_all(self.read(service))
        self.assertEqual(self.regions(service)[:2], ["us-east-1", "eu-central-1"])
        self.assertEqual(self.regions(service).count("us-east-1"), 1)

    def test_a_bucket_that_moves_in_the_middle_of_a_run_is_followed(self):
        class Moves(hosts.S3):
            def answer(self, request):
                if self.served == 100:
                    self.region = "eu-west-3"
                return super().answer(request)

        service = self.serve(Moves)
        self.assert_all(self.read(service, hedge=1))
        self.assertEqual(set(self.regions(service)), {"us-east-1", "eu-west-3"})

    def test_a_service_that_sends_from_place_to_place_ends_the_run(self):
        class Restless(hosts.S3):
            def answer(self, request):
                self.region = f"eu-west-{len(self.requests)}"
                return super().answer(request)

        got = self.read(self.serve(Restless), retries=3)
        self.assertEqual(got["error"], "s3.region")

    def test_a_clock_that_is_two_hours_wrong_costs_one_request(self):
        for ahead in (7200, -7200):
            service = self.serve(ahead=ahead)
            self.assert_all(self.read(service))
            self.assertEqual(len(service.requests), 1 + 3 + len(self.objects))

    def test_a_session_that_ends_in_the_middle_of_a_run_ends_it(self):
        class Expires(hosts.S3):
            def object(self, key):
                if self.served > 60:
                    return self.error(400, "ExpiredToken")
                return super().object(key)

        service = self.serve(Expires)
        got = self.read(service, environment={"AWS_SESSION_TOKEN": "session"})
        errors = [s for s in got["samples"] if "error" in s]
        self.assertEqual(len(errors), len(self.objects) - 60)
        self.assertEqual({(s["error"], s["run"]) for s in errors},
                         {("s3.credentials", True)})
        self.assertTrue(all(r["headers"]["x-amz-security-token"] == "session"
                            for r in service.requests))
        self.assertTrue(all("x-amz-security-token" in r["headers"]["authorization"]
                            for r in service.requests))
        self.assertNotIn(SECRET, str(service.requests))

    def test_bytes_that_are_damaged_on_the_way_are_asked_for_again(self):
        class Damages(hosts.S3):
            def object(self, key):
                status, headers, body = super().object(key)
                if key.endswith("7.jpg") and len(self.heard(f"/pool/{key}")) == 1:
                    body = bytes([body[0] ^ 1]) + body[1:]
                return status, headers, body

        service = self.serve(Damages)
        self.assert_all(self.read(service))
        self.assertEqual(len(service.heard("7.jpg")), 2 * 25)

    def test_a_service_whose_etags_are_no_md5_is_read_all_the_same(self):
        class Odd(hosts.S3):
            def etag(self, key):
                return f'"{hash(key) % 16 ** 32:032x}"'

        service = self.serve(Odd)
        self.assert_all(self.read(service, max_per_host=8))
        # Found out with the first objects.
        self.assertLess(len(service.requests), 3 + len(self.objects) + 50)

    def test_an_object_that_changed_since_the_listing_is_named(self):
        class Changes(hosts.S3):
            def listing(self, query):
                answer = super().listing(query)
                self.objects["p/005.jpg"] = b"another"
                return answer

        got = self.read(self.serve(Changes))
        changed = [s for s in got["samples"] if "error" in s]
        self.assertEqual([(s["id"], s["error"], s["run"]) for s in changed],
                         [("005.jpg", "s3.changed", False)])

    def test_a_listing_that_comes_round_again_ends(self):
        class Round(hosts.S3):
            def listing(self, query):
                status, headers, body = super().listing(query)
                return status, headers, body.replace(
                    b"Token>200<", b"Token>100<").replace(b">false<", b">true<")

        self.assertEqual(self.read(self.serve(Round))["error"], "s3.answer")

    def test_an_object_that_is_too_large_is_not_asked_for(self):
        service = self.serve(count=20)
        for key in list(self.objects)[7:12]:
            self.objects[key] = bytes(100_001)
        got = self.read(service, max_bytes=100_000)
        self.assertEqual([s.get("error") for s in got["samples"]],
                         [None] * 7 + ["net.too_large"] * 5 + [None] * 8)
        self.assertEqual(len(service.requests), 1 + 15)

    def test_an_endpoint_may_have_a_path(self):
        class Below(hosts.S3):
            def answer(self, request):
                if not request["path"].startswith("/gate%20way/"):
                    return 404, {}, b""
                below = {**request, "path": request["path"][len("/gate%20way"):]}
                return super().answer(below)

        self.assert_all(self.read(self.serve(Below), path="/gate%20way/"))
        got = self.read(self.serve(), environment={
            "AWS_ENDPOINT_URL": "http://me:pa55@127.0.0.1:1"})
        self.assertEqual(got["error"], "net.url")
        self.assertNotIn("pa55", str(got))

    def test_who_is_anonymous_signs_nothing(self):
        class Open(hosts.S3):
            def refusal(self, request):
                return None

        service = self.serve(Open)
        self.assert_all(self.read(service, anonymous=1, environment={
            "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}))
        self.assertEqual(service.heard("authorization"), [])
        self.assertEqual(service.heard("x-amz"), [])

    def test_a_signature_goes_to_no_other_host(self):
        other = hosts.Files({})
        self.addCleanup(other.close)

        class LeadsOn(hosts.S3):
            def object(self, key):
                return 302, {"Location": f"{other.url}/x"}, b""

        got = self.read(self.serve(LeadsOn, count=3))
        self.assertEqual({s["error"] for s in got["samples"]}, {"net.redirect"})
        self.assertEqual(other.requests, [])

    def test_a_redirect_of_the_endpoint_is_said(self):
        class Moved(hosts.S3):
            def answer(self, request):
                return 301, {"Location": "https://elsewhere.invalid/"}, b""

        got = self.read(self.serve(Moved))
        self.assertEqual(got["error"], "net.redirect")

    def test_buckets_of_google_are_read_the_same_way(self):
        service = self.serve(region="auto")
        got = self.read(service, "gs://pool/p/", endpoint=service.url)
        self.assert_all(got)
        self.assertEqual(got["samples"][0]["uri"], "gs://pool/p/000.jpg")


if __name__ == "__main__":
    servers.main()
