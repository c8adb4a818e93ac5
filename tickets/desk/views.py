"""The routes of the desk."""

from starlette.routing import Route

from kb.web.forms import with_form
from tickets.desk import articles, composer, content_problems, density, follow_up, inbox, notifications, ticket, view_pages

routes = [
    Route("/desk", inbox.home, methods=["GET"]),
    Route("/desk/views", view_pages.list_views, methods=["GET"]),
    Route("/desk/views", with_form(view_pages.create), methods=["POST"]),
    Route("/desk/views/new", view_pages.new, methods=["GET"]),
    Route("/desk/views/order", with_form(view_pages.move), methods=["POST"]),
    Route("/desk/views/{view}", inbox.view, methods=["GET"]),
    Route("/desk/views/{view}", with_form(view_pages.update), methods=["POST"]),
    Route("/desk/views/{view}/edit", view_pages.edit, methods=["GET"]),
    Route("/desk/views/{view}/deletion", with_form(view_pages.delete), methods=["POST"]),
    Route("/desk/search", inbox.search, methods=["GET"]),
    Route("/desk/density", with_form(density.choose), methods=["POST"]),
    Route("/desk/articles", articles.suggest, methods=["GET"]),
    Route("/desk/content", content_problems.show, methods=["GET"]),
    Route("/desk/notifications", notifications.show, methods=["GET"]),
    Route("/desk/notifications", with_form(notifications.update), methods=["POST"]),
    Route("/desk/tickets/{id:int}", ticket.show, methods=["GET"]),
    Route("/desk/tickets/{id:int}/comments", with_form(composer.send), methods=["POST"]),
    Route("/desk/tickets/{id:int}/properties", with_form(composer.save), methods=["POST"]),
    Route("/desk/tickets/{id:int}/assignment", with_form(composer.take), methods=["POST"]),
    Route("/desk/tickets/{id:int}/draft", with_form(composer.keep), methods=["POST"]),
    Route("/desk/tickets/{id:int}/follow-up", follow_up.new, methods=["GET"]),
    Route("/desk/tickets/{id:int}/follow-up", with_form(follow_up.create), methods=["POST"]),
    Route("/desk/tickets/{id:int}/follow-up/draft", with_form(follow_up.keep), methods=["POST"]),
    Route("/desk/tickets/{id:int}/release", with_form(ticket.release), methods=["POST"]),
    Route("/desk/tickets/{id:int}/rejection", with_form(ticket.reject), methods=["POST"]),
    Route("/desk/tickets/{id:int}/attachments/{file}/{name}", ticket.file, methods=["GET"]),
]
