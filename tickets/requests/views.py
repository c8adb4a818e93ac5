"""The routes of the request form, its suggestions and the tracking page."""

from starlette.routing import Route

from kb.web.forms import with_form
from tickets.requests import my_requests, new_request, shared_requests, suggestions, tracking_page

routes = [
    Route("/requests/new", new_request.new),
    Route("/requests", with_form(new_request.create, is_safe_in_part=True, is_brief=new_request.is_brief), methods=["POST"]),
    Route("/requests/deflections/withdrawal", with_form(new_request.withdraw), methods=["POST"]),
    *suggestions.routes,
    *shared_requests.routes,
    *my_requests.routes,
    *tracking_page.routes,
]
